/** A number with four digits, for error messages. */
export const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));
