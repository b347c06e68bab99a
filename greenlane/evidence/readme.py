"""The archive's README: what lies where, and how to check it by hand."""

from typing import Final

from contract.signing import keyid_of
from greenlane.evidence import form
from greenlane.evidence.report import Told

_TEXT: Final = """EVIDENCE ABOUT ALERT {alert}
{underline}

{title}
Written by the gateway {gateway}, {made_at:%Y-%m-%d %H:%M:%S} UTC.

Open report.html to read it. Nothing here has to be believed: it can be checked.

  pip install greenlane
  greenlane evidence verify . --trust GATEWAY.pub --trust WITNESS-KEY

Take the gateway's and the witness's public key from somebody whom you trust, not from here.


WHAT LIES WHERE

{files}

A leaf is what the gateway entered in its journal about one message: number, time, sender, the
SHA-256 of the message's exact bytes, the sender's key id and signature. All leaves of the journal
are hashed into one tree (RFC 6962); a checkpoint is its root, signed by the gateway (C2SP signed
note, tlog-checkpoint) and cosigned by witnesses, with their time (C2SP tlog-cosignature).


BY HAND, with openssl 3, jq, xxd and coreutils

1. A message is what its sender signed. P is the number of an entry, like {position:010d}:

  jq -r .payload entries/$P.dsse.json | base64 -d > body
  jq -r .signatures[0].sig entries/$P.dsse.json | base64 -d > sig
  K=$(jq -r .signatures[0].keyid entries/$P.dsse.json)
  {{ printf 'DSSEv1 28 application/cloudevents+json %d ' $(stat -c %s body); cat body; }} > pae
  openssl pkeyutl -verify -pubin -inkey keys/$K.pem -rawin -in pae -sigfile sig

2. The leaf names the same bytes, and the same signature:

  sha256sum body; grep ^sha256 entries/$P.leaf
  xxd -p -c 64 sig;  grep ^signature entries/$P.leaf

3. The leaf is in the tree. Its hash, then one hash for each of the proof:

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

4. The checkpoint is what the gateway signed, its first three lines (the key is {keyid}):

  head -3 $C > text
  sed -n 5p $C | cut -d' ' -f3 | base64 -d | tail -c 64 > sig
  openssl pkeyutl -verify -pubin -inkey keys/{keyid}.pem -rawin -in text -sigfile sig

5. A witness signed the same text with its time. W is the line of the witness in $C, from 6 on:

  sed -n ${{W}}p $C | cut -d' ' -f3 | base64 -d > cosig
  T=$((16#$(xxd -s 4 -l 8 -p cosig))); date -u -d @$T
  {{ printf 'cosignature/v1\\ntime %d\\n' $T; cat text; }} > timed
  tail -c 64 cosig > sig
  openssl pkeyutl -verify -pubin -inkey WITNESS.pem -rawin -in timed -sigfile sig

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
