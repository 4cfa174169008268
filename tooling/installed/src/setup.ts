/** One folder for all checks; its path is handed to them. */
import type { TestProject } from "vitest/node";
import { makeApp } from "./app.ts";

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions
  interface ProvidedContext {
    readonly app: string;
  }
}

export const setup = async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const { folder, remove } = await makeApp();
  provide("app", folder);
  return remove;
};
