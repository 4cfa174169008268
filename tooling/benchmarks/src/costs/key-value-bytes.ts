/** What the key-value cache takes under SelfExtend over plain attention. */
import { plannedCacheBytes } from "@ropewalk/generation";
import { barOf, type Bar } from "../measuring/bar.ts";
import type { Models } from "../models/plain-and-extended.ts";

const length = 8192;

export const keyValueBytes = ({ plain, extended }: Models): Bar => {
  const [base, candidate] = [plain, extended].map((model) => plannedCacheBytes(model.extended, { length })) as [
    number,
    number,
  ];
  const from = `${(base / 1e6).toFixed(0)} MB to ${(candidate / 1e6).toFixed(0)} MB`;
  return barOf(
    { name: `key-value bytes at ${length}, SelfExtend / plain`, value: candidate / base, from },
    "at most",
    1.07,
  );
};
