/**
 * A tab that can be behind another one: hidden, its timers at one a second, its frames at none.
 *
 * Playwright keeps every tab of its own visible, so this one is not: it is told what to do by the browser's protocol.
 * https://chromedevtools.github.io/devtools-protocol/tot/Target/
 */
import type { CDPSession } from "playwright-core";

export type BackgroundTab = {
  /** The value of an expression, or of what it promises. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly bringToFront: () => Promise<void>;
};

type Answer = {
  readonly id?: number;
  readonly result?: {
    readonly result: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
  };
};

/** @param browser - a session of the whole browser */
export const openBackgroundTab = async (browser: CDPSession, url: string): Promise<BackgroundTab> => {
  const { targetId } = await browser.send("Target.createTarget", { url });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: false });
  const waiting = new Map<number, (answer: Answer) => void>();
  browser.on("Target.receivedMessageFromTarget", (event) => {
    if (event.sessionId !== sessionId) return;
    const answer = JSON.parse(event.message) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  return {
    evaluate: async (expression) => {
      const id = waiting.size + 1;
      const answered = new Promise<Answer>((resolve) => void waiting.set(id, resolve));
      const params = { expression, awaitPromise: true, returnByValue: true };
      const message = JSON.stringify({ id, method: "Runtime.evaluate", params });
      await browser.send("Target.sendMessageToTarget", { sessionId, message });
      const { result } = await answered;
      const wrong = result?.exceptionDetails;
      if (wrong) throw new Error(wrong.exception?.description ?? wrong.text);
      return result?.result.value;
    },
    bringToFront: async () => void (await browser.send("Target.activateTarget", { targetId })),
  };
};
