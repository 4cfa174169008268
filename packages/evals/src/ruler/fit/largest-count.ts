/** Finds how many units of filler fit into a prompt. */

/**
 * The largest count whose text has at most `room` tokens. The text of `least` must fit. Texts grow about evenly with the count, so the
 * next guess is where the line through the last two guesses reaches `room`.
 *
 * @param most - the largest count to try
 */
export const largestCount = (
  tokens: (count: number) => number,
  { least, room, most = Infinity }: { readonly least: number; readonly room: number; readonly most?: number },
): number => {
  let [fits, used] = [least, tokens(least)];
  let tooMany = most + 1;
  let perUnit = 16;
  while (tooMany - fits > 1) {
    const guess = Math.min(tooMany - 1, fits + Math.max(1, Math.floor((room - used) / perUnit)));
    const size = tokens(guess);
    // Some units add no token; the slope must still be positive.
    perUnit = Math.max(0.25, (size - used) / (guess - fits));
    if (size <= room) [fits, used] = [guess, size];
    else tooMany = guess;
  }
  return fits;
};
