/**
 * Gives the event loop a turn: timers, events and aborts are handled before the promise resolves.
 *
 * The runtime computes on the calling thread, and its promises are settled before any timer. So no timer would fire during runs that
 * follow one another. A message is used because timers are slowed down when they are nested or the page is in the background.
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
