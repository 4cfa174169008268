/** Checks of the kernel's numbers. */
import { checkNumber } from "@ropewalk/check";

/** Positions are signed 32-bit numbers in the kernel. */
export const unbounded: number = 2 ** 31 - 1;

/** @throws RangeError naming the argument, the rule and the value. */
export const checkWhole = (
  where: string,
  name: string,
  value: number,
  least: number,
  most: number = unbounded,
): void => {
  const holds = Number.isInteger(value) && value >= least && value <= most;
  checkNumber(where, name, value, holds, `a whole number from ${least} to ${most}`);
};

/** @throws RangeError unless the kernel has heads of this width. */
export const checkHeadDim = (where: string, headDim: number): void => {
  checkWhole(where, "headDim", headDim, 4, 256);
  if (headDim % 4 !== 0) throw new RangeError(`${where}: headDim must be a multiple of 4, got ${headDim}`);
};
