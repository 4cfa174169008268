import { number, type Rule } from "@ropewalk/check";

/** The rule for rotaryDim: even, above 0 and at most headDim. */
export const rotaryDimUpTo = (headDim: number): Rule =>
  number(`even, from 2 to ${headDim}`, (value) => value > 0 && value % 2 === 0 && value <= headDim);
