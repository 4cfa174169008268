type WithoutUndefined<T> = Partial<{ [Key in keyof T]: NonNullable<T[Key]> }>;

/** The fields that are there: without those that are undefined. */
export const withoutUndefined = <T extends object>(fields: T): WithoutUndefined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
