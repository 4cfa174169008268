/** A parameter in words: text that could be misread stands in quotes, a list is its entries. */
export const paramText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(paramText).join(" ");
  if (typeof value === "string") return /^[^\s",]+$/.test(value) ? value : JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
