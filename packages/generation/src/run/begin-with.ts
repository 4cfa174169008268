/** Whether ids begin with `first`. */
export const beginWith = (ids: readonly number[], first: readonly number[]): boolean =>
  first.length <= ids.length && first.every((id, index) => ids[index] === id);
