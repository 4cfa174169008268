export { byKind, type Rows } from "./by-kind.ts";
export { check, checkFunction, checkInteger, checkNumber } from "./check.ts";
export { closest } from "./close.ts";
export { checkKeys, checkOneOf, type Keys } from "./keys.ts";
export { show, showName, withoutControls } from "./show.ts";
