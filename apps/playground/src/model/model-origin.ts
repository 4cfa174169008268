/** Where a model comes from, as data that the page sends to its worker. */

export type ModelOrigin =
  /** A model that is inside the page. */
  | { readonly kind: "shipped"; readonly name: string }
  /** A random checkpoint of a family, made when it is asked for. */
  | { readonly kind: "preset"; readonly name: string }
  /** Files that were dropped or chosen, by their names in the folder. */
  | { readonly kind: "files"; readonly name: string; readonly files: Readonly<Record<string, File>> }
  /** The address of a folder. */
  | { readonly kind: "url"; readonly href: string };
