/** The cost of Jinja's filters, methods and operators, before they run: by what they read, and by what they may write. */
import type { Budget } from "./budget.ts";
import { isContainer, lengthOf, searchCost, spendWhole, type Value } from "./values.ts";

/** Spends the cost of an operation on a value, with its arguments. */
export type Cost = (budget: Budget, operand: Value, args: readonly Value[]) => void;

const nothing: Cost = () => {};
/** An operation that goes through elements or characters once. */
const once: Cost = ({ spend }, operand) => spend(4 * lengthOf(operand));
/** An operation that goes through everything inside a value. */
const whole: Cost = (budget, operand) => void spendWhole(budget, operand);

const textLengths = (args: readonly Value[]): number =>
  args.reduce((sum, { value }) => sum + (typeof value === "string" ? value.length : 0), 0);
const largestNumber = (args: readonly Value[]): number =>
  args.reduce((largest, { value }) => Math.max(largest, typeof value === "number" ? value : 0), 0);

const replace: Cost = ({ spend }, operand, [old, written]) => {
  const [length, looked] = [lengthOf(operand), old ? lengthOf(old) : 0];
  spend(searchCost(length, looked));
  spend((length / Math.max(1, looked) + 1) * ((written ? lengthOf(written) : 0) + 8));
};

const split: Cost = ({ spend }, operand, [separator]) => {
  const [length, looked] = [lengthOf(operand), separator ? lengthOf(separator) : 1];
  spend(searchCost(length, looked));
  spend(10 * (length / Math.max(1, looked) + 1));
};

const join: Cost = (budget, operand, args) => {
  spendWhole(budget, operand);
  budget.spend(lengthOf(operand) * (8 + textLengths(args)));
};

const linesOf = (text: string): number => {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
};

const indent: Cost = ({ spend }, operand, args) => {
  spend(lengthOf(operand));
  if (typeof operand.value === "string") spend(linesOf(operand.value) * (8 + Math.max(4, largestNumber(args))));
};

const toJson: Cost = (budget, operand, args) => {
  const { weight, depth } = spendWhole(budget, operand);
  budget.spend(weight * 6);
  // Each value on its own line, and as far in as it is deep.
  budget.spend((weight / 8) * (textLengths(args) + depth * largestNumber(args)));
};

const sort: Cost = (budget, operand, args) => {
  const { weight } = spendWhole(budget, operand);
  const compared = Math.log2(lengthOf(operand) + 2);
  budget.spend(compared * (4 * weight + lengthOf(operand) * (20 + textLengths(args))));
};

const select: Cost = ({ spend }, operand, args) => spend(lengthOf(operand) * (8 + textLengths(args)));

/** Costs of filters by name. A filter that is not listed counts as one that goes through everything. */
const filters: Readonly<Record<string, Cost>> = {
  safe: nothing,
  first: nothing,
  last: nothing,
  length: nothing,
  list: nothing,
  default: nothing,
  int: nothing,
  float: nothing,
  abs: nothing,
  bool: nothing,
  reverse: once,
  unique: once,
  items: once,
  keys: once,
  values: once,
  trim: once,
  upper: once,
  lower: once,
  title: once,
  capitalize: once,
  map: select,
  selectattr: select,
  rejectattr: select,
  replace,
  join,
  indent,
  tojson: toJson,
  string: toJson,
  sort,
  dictsort: sort,
};

export const filterCost = (name: string): Cost => (Object.hasOwn(filters, name) ? filters[name]! : whole);

/** Costs of methods of texts and objects, by name. */
const methods: Readonly<Record<string, Cost>> = {
  split,
  replace,
  get: nothing,
  dictsort: sort,
  startswith: ({ spend }, _, args) => spend(args.reduce((sum, one) => sum + 4 * lengthOf(one), 0)),
  endswith: ({ spend }, _, args) => spend(args.reduce((sum, one) => sum + 4 * lengthOf(one), 0)),
};

export const methodCost = (name: string): Cost => (Object.hasOwn(methods, name) ? methods[name]! : once);

/** Spends the cost of comparing, joining or searching. Operators on numbers cost nothing. */
export const spendOperator = (budget: Budget, operator: string, left: Value, right: Value): void => {
  const { spend } = budget;
  const written = (value: Value): void => (isContainer(value) ? toJson(budget, value, []) : spend(lengthOf(value)));
  switch (operator) {
    case "==":
    case "!=":
      // A list is compared with a text as text.
      if (isContainer(left) !== isContainer(right)) [left, right].forEach(written);
      else spend(Math.min(lengthOf(left), lengthOf(right)) / 16);
      break;
    case "in":
    case "not in":
      if (typeof right.value === "string") spend(searchCost(lengthOf(right), lengthOf(left)));
      else if (Array.isArray(right.value)) whole(budget, right, []);
      break;
    case "~":
    case "+":
      if (Array.isArray(left.value) && Array.isArray(right.value)) spend(2 * (lengthOf(left) + lengthOf(right)));
      else [left, right].forEach(written);
      break;
  }
};
