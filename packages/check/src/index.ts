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
  checkPath,
} from "./check.ts";
export { closest } from "./closest-name.ts";
export { checkConfig, checkKeys, checkOneOf, type Keys } from "./check-keys.ts";
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
} from "./value-rules.ts";
export { checkTensor, ofRank } from "./check-tensor.ts";
export { show, showName, withoutControls } from "./show.ts";
