/** A parameter in words. Text that could be misread is quoted; a list is written as its entries. */
export const paramText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(paramText).join(" ");
  if (typeof value === "string") return /^[^\s",]+$/.test(value) ? value : JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
