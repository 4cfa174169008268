type Filled<T> = Partial<{ [Key in keyof T]: NonNullable<T[Key]> }>;

/** The fields that are there: without those that are undefined. */
export const filled = <T extends object>(fields: T): Filled<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
