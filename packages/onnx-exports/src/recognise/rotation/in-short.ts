/** A number with four digits, for error messages. */
export const inShort = (value: number): string => String(Number(value.toPrecision(4)));
