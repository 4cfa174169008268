type WithoutUndefined<T> = Partial<{ [Key in keyof T]: NonNullable<T[Key]> }>;

/** The object without its undefined fields. */
export const withoutUndefined = <T extends object>(fields: T): WithoutUndefined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
