// Errors about the contents of a file. Names in a file may be long, and may hold characters that move a terminal's cursor.

import { withoutControls } from "@ropewalk/check";

/** Throws a RangeError with these words, on one line and of at most 2,000 characters. */
export const fail = (words: string): never => {
  throw new RangeError(withoutControls(words.length > 2000 ? `${words.slice(0, 2000)}…` : words));
};
