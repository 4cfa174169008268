/** Cross-origin isolation where the host does not send its headers: by a service worker, behind which the page is loaded once more. */

const mark = "isolating";

export const isolate = async (): Promise<void> => {
  if (crossOriginIsolated || !("serviceWorker" in navigator)) return sessionStorage.removeItem(mark);
  await navigator.serviceWorker.register("./isolate.js");
  await navigator.serviceWorker.ready;
  // Once: a browser that does not isolate then goes on with one thread.
  if (sessionStorage.getItem(mark) !== null) return;
  sessionStorage.setItem(mark, "once");
  location.reload();
  await new Promise<never>(() => {});
};
