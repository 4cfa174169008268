export { byKind, byVariant, type Rows, type Variants } from "./by-kind.ts";
export {
  check,
  checkAllFinite,
  checkArray,
  checkFinite,
  checkFunction,
  checkInteger,
  checkList,
  checkNumber,
} from "./check.ts";
export { closest } from "./close.ts";
export { checkConfig, checkKeys, checkOneOf, type Keys } from "./keys.ts";
export {
  above,
  aboveZero,
  anyNumber,
  atLeastOne,
  atLeastZero,
  number,
  oneOf,
  optional,
  positive,
  share,
  trueOrFalse,
  whole,
  type Rule,
} from "./rules.ts";
export { checkTensor, ofRank } from "./tensor.ts";
export { show, showName, withoutControls } from "./show.ts";
