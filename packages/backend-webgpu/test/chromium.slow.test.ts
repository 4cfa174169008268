/**
 * The checks in headless Chromium, on its software driver where there is no GPU. Skipped, by name, where there is none. The slow ones run in
 * Node alone, and here when they are asked for by SLOW_CHECKS=1.
 */
import { describe, expect, it } from "vitest";
import { checks } from "./checks/index.ts";
import { pageChecks } from "./checks/page-only.ts";
import { executablePath } from "@ropewalk/testing/browser/open-page";
import { ask, oneTab } from "./chromium.ts";

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  const tab = oneTab();

  const asked = checks.filter(({ slow = false }) => !slow || process.env["SLOW_CHECKS"] === "1");
  it.each([...asked, ...pageChecks])("$name", async ({ name }) => {
    expect(await ask(tab(), "check", name)).toBe("");
  });
});
