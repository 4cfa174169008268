/** What the page's content security policy refuses, tried in the page and in the worker that runs models. */
import { tryCode } from "@ropewalk/testing/browser/try-code";
import { isOpen, type Driven } from "./drive.ts";

/** Which rule of the page's policy refuses what, in the page and in the worker that runs models. */
export const policyAnswers = async ({ browser, address }: Driven) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await isOpen(page);
  const answers = { page: await page.evaluate(tryCode), worker: await page.workers()[0]!.evaluate(tryCode) };
  await context.close();
  return answers;
};
