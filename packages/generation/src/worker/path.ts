/** A file's path on its way into a worker: a URL is no data, and goes as its text. */
type SentPath = string | { readonly href: string };

export const sentPath = (path: string | URL): SentPath => (path instanceof URL ? { href: path.href } : path);

export const receivedPath = (path: SentPath): string | URL =>
  typeof path === "object" && path !== null ? new URL(path.href) : path;
