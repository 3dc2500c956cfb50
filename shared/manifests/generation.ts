/** What a denial says between the generation that was to be applied and the one that stands. */
export const IS_LOWER_THAN = "is lower than";

const denied = new RegExp(`generation [0-9]{1,15} ${IS_LOWER_THAN} ([0-9]{1,15})(?![0-9])`);

/** Admission takes a number of at most 15 digits for a generation. */
const MOST = 999_999_999_999_999;

/** The generation that stands in the cluster where this message denies a lower one; `undefined` for every other message. */
export function standingGeneration(message: string): number | undefined {
  const standing = Number(denied.exec(message)?.[1]);
  return standing < MOST ? standing : undefined;
}
