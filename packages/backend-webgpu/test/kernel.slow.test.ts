/**
 * Attention by the kernel, in headless Chromium on its software driver, by the goldens of the other way: those of up to 241 tokens, and
 * all other checks where SLOW_CHECKS=1 asks for them.
 */
import { describe, expect, it } from "vitest";
import { checksOfAnyPrecision } from "./checks/any-precision.ts";
import { kernelChecks } from "./checks/kernel.ts";
import { executablePath } from "@ropewalk/testing/browser/open-page";
import { ask, oneTab } from "./chromium.ts";

describe.skipIf(executablePath === undefined)("attention by the kernel, in Chromium", () => {
  const tab = oneTab();

  const short = /\b(86|100|241) tokens/;
  const asked = checksOfAnyPrecision.filter(({ name }) => short.test(name) || process.env["SLOW_CHECKS"] === "1");
  it.each([...asked, ...kernelChecks])("$name", async ({ name }) => {
    expect(await ask(tab(), "checkKernel", name)).toBe("");
  });
});
