"""The archive's README: what lies where, and how to check it by hand."""

from typing import Final

from contract.signing import keyid_of
from greenlane.evidence import form
from greenlane.evidence.telling import Told

_TEXT: Final = """EVIDENCE ABOUT ALERT {alert}
{underline}

{title}
Written by the gateway {gateway}, {made_at:%Y-%m-%d %H:%M:%S} UTC.

Open report.html to read it. Nothing here has to be believed: it can be checked.

  greenlane evidence verify . --trust GATEWAY.pub --trust WITNESS-KEY

Take the gateway's and the witness's public key from somebody whom you trust, not from here.


WHAT LIES WHERE

{files}

A leaf is what the gateway entered in its journal about one message: number, time, sender, the
SHA-256 of the message's exact bytes, the sender's key id and signature. All leaves of the journal
are hashed into one tree (RFC 6962); a checkpoint is its root, signed by the gateway (C2SP signed
note, tlog-checkpoint) and cosigned by witnesses, with their time (C2SP tlog-cosignature).


BY HAND, with openssl 3, jq, xxd and coreutils

Whatever you write goes elsewhere than here, into $W; P is the number of an entry:

  W=$(mktemp -d)
  P={position:010d}

1. A message is what its sender signed:

  jq -r .payload entries/$P.dsse.json | base64 -d > $W/body
  jq -r .signatures[0].sig entries/$P.dsse.json | base64 -d > $W/sig
  K=$(jq -r .signatures[0].keyid entries/$P.dsse.json)
  N=$(stat -c %s $W/body)
  {{ printf 'DSSEv1 28 application/cloudevents+json %d ' $N; cat $W/body; }} > $W/pae
  openssl pkeyutl -verify -pubin -inkey keys/$K.pem -rawin -in $W/pae -sigfile $W/sig

2. The leaf names the same bytes, and the same signature:

  sha256sum $W/body; grep ^sha256 entries/$P.leaf
  xxd -p -c 64 $W/sig; grep ^signature entries/$P.leaf

3. The leaf is in the tree. Its hash, then one step for each of the proof; two equal lines:

  H=$({{ printf '\\0'; cat entries/$P.leaf; }} | sha256sum | cut -c1-64)
  f=$((10#$P - 1)); s=$(($(jq .size entries/$P.proof.json) - 1))
  for p in $(jq -r .hashes[] entries/$P.proof.json); do
    if [ $((f & 1)) = 1 ] || [ $f = $s ]; then
      H=$({{ printf '\\1'; printf %s $p$H | xxd -r -p; }} | sha256sum | cut -c1-64)
      while [ $f != 0 ] && [ $((f & 1)) = 0 ]; do f=$((f >> 1)); s=$((s >> 1)); done
    else
      H=$({{ printf '\\1'; printf %s $H$p | xxd -r -p; }} | sha256sum | cut -c1-64)
    fi
    f=$((f >> 1)); s=$((s >> 1))
  done
  C=checkpoints/$(printf %010d $(jq .size entries/$P.proof.json)).checkpoint
  printf %s $H | xxd -r -p | base64; sed -n 3p $C

4. The checkpoint is what the gateway signed, its first three lines:

  head -3 $C > $W/text
  sed -n 5p $C | cut -d' ' -f3 | base64 -d | tail -c 64 > $W/sig
  openssl pkeyutl -verify -pubin -inkey keys/{keyid}.pem -rawin -in $W/text -sigfile $W/sig

5. A witness signed the same text with its time: its line is the sixth in the checkpoint, or a later
one. B is the last part of its key, which you got from the witness itself:

  B=$(sed -n 1p keys/witnesses.txt | cut -d+ -f3-)
  {{ echo MCowBQYDK2VwAyEA | base64 -d; echo $B | base64 -d | tail -c 32; }} > $W/der
  sed -n 6p $C | cut -d' ' -f3 | base64 -d > $W/line
  T=$((16#$(xxd -s 4 -l 8 -p $W/line))); date -u -d @$T
  {{ printf 'cosignature/v1\\ntime %d\\n' $T; cat $W/text; }} > $W/timed
  tail -c 64 $W/line > $W/sig
  openssl pkeyutl -verify -pubin -keyform DER -inkey $W/der -rawin -in $W/timed -sigfile $W/sig

6. A picture is the one that the message names:

  sha256sum pictures/*


WHAT IT DOES NOT SHOW

That a sensor or scanner told the truth, that the model is right, that an officer acted in person
(the command center signs for its officers), or that nothing else was observed.
"""


def written(told: Told) -> str:
    """The text."""
    title = f"EVIDENCE ABOUT ALERT {told.case.alert.id}"
    lines = (form.__doc__ or "").split("\n\n")[1].splitlines()
    return _TEXT.format(
        alert=told.case.alert.id,
        underline="=" * len(title),
        title=told.case.alert.title,
        gateway=told.gateway,
        made_at=told.made_at,
        files="\n".join(line.removeprefix("  ") for line in lines),
        position=min(told.case.entries),
        keyid=keyid_of(told.key),
    )
