/** Bytes that are read a range at a time, wherever they lie: a file on a disk, a Blob of a page, memory. */

export type ByteSource = {
  /** In bytes. */
  readonly size: number;
  /** Bytes `from` (included) to `to` (excluded), both at most `size`. */
  readonly read: (from: number, to: number) => Promise<Uint8Array>;
};

/** The part of a `Blob` that is read. A `File` of a page is one. */
export type BlobLike = {
  readonly size: number;
  readonly slice: (from: number, to: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> };
};

/** Bytes in memory. */
export const bytesSource = (data: Uint8Array): ByteSource => ({
  size: data.length,
  read: async (from, to) => data.subarray(from, to),
});

/** A Blob, such as a file that was dropped on a page. */
export const blobSource = (blob: BlobLike): ByteSource => ({
  size: blob.size,
  read: async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
});
