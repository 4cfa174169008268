/** An order of values, each as likely as any: Fisher and Yates. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export const shuffled = <T>(random: ReturnType<typeof xoroshiro128plus>, values: readonly T[]): readonly T[] => {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
};
