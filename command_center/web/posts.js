// Which posts somebody holds: `*` is every one. As in posts.py; the command center asks again. Pure.

/** As people read it. */
export const postWords = (posts) => (posts.includes("*") ? "every post" : posts.join(", ") || "no post");

/** As somebody typed it: words, in capitals. */
export const postsOf = (text) => text.toUpperCase().split(/[\s,;]+/).filter(Boolean);

/** Whether who holds `others` may give or change `posts`. */
export const isWithin = (posts, others) => others.includes("*") || (!posts.includes("*") && posts.every((post) => others.includes(post)));

/** The field of a form: which posts, begun with these. */
export const postsField = (posts, mine) => ({
  name: "posts", label: "Posts", value: posts.join(" "),
  help: mine.includes("*") ? "UN/LOCODEs like KEMBA, with spaces between; * is every post, now and later." : `Among yours: ${mine.join(", ")}.`,
});
