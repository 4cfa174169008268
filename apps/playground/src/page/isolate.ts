/** Cross-origin isolation on hosts that do not send its headers: a service worker adds them, and the page is loaded once more. */

const mark = "isolating";

export const isolate = async (): Promise<void> => {
  if (crossOriginIsolated || !("serviceWorker" in navigator)) return sessionStorage.removeItem(mark);
  await navigator.serviceWorker.register("./isolate.js");
  await navigator.serviceWorker.ready;
  // Tried only once. A browser that still does not isolate the page runs one thread.
  if (sessionStorage.getItem(mark) !== null) return;
  sessionStorage.setItem(mark, "once");
  location.reload();
  await new Promise<never>(() => {});
};
