// Errors about what a file holds: names in it may be long and may hold characters that move a terminal's cursor.

import { withoutControls } from "@ropewalk/check";

/** Ends with these words as a RangeError, on one line and of at most 2,000 characters. */
export const fail = (words: string): never => {
  throw new RangeError(withoutControls(words.length > 2000 ? `${words.slice(0, 2000)}…` : words));
};
