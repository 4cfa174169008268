/** A number as errors have it. */
export const inShort = (value: number): string => String(Number(value.toPrecision(4)));
