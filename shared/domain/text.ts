/** No control characters. Written so that any dialect of regular expressions reads it: JSON Schemas carry it, and `\p{Cc}` is not in all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
export const noControls = /^[^\u0000-\u001f\u007f-\u009f]*$/u;

/** Whether text has no lone surrogates, which UTF-8 cannot tell apart. */
export const isWellFormed = (text: string): boolean => text.isWellFormed();
