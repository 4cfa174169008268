/** The common beginning of two lists of ids. */

export const commonLength = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
};

export const beginsWith = (ids: ArrayLike<number>, first: ArrayLike<number>): boolean =>
  first.length <= ids.length && commonLength(ids, first) === first.length;
