/**
 * Lets everything else that waits have its turn: timers, events, aborts.
 *
 * The runtime computes on the thread that asks, and its promises are settled before any timer is looked at: runs that follow one
 * another would let none fire. A message is not slowed down as nested timers are, and those of a page in the background.
 */
type Environment = { readonly setImmediate?: (task: () => void) => unknown };

export const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as Environment;
    if (setImmediate !== undefined) return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
