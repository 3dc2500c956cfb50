/** Longest text for people that a record keeps of one thing, UTF-16 units: what others say has no bound of its own. */
const LONGEST = 1_000;

/** A text, cut to what a record keeps. */
export const clip = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).toWellFormed()}…`);
