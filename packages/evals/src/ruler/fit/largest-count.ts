/** How much of what fills a prompt has room in it. */

/**
 * The largest count whose text has at most `room` tokens; that of `least` has. Texts grow about evenly with the count: the next
 * guess is where a line through the last two would meet the room.
 *
 * @param most - the largest that is tried
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
    // Some units add nothing: the line must climb all the same.
    perUnit = Math.max(0.25, (size - used) / (guess - fits));
    if (size <= room) [fits, used] = [guess, size];
    else tooMany = guess;
  }
  return fits;
};
