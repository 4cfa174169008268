/** A file's path that is sent into a worker. A URL cannot be cloned, so it is sent as its text. */
type SentPath = string | { readonly href: string };

export const sentPath = (path: string | URL): SentPath => (path instanceof URL ? { href: path.href } : path);

export const receivedPath = (path: SentPath): string | URL =>
  typeof path === "object" && path !== null ? new URL(path.href) : path;
