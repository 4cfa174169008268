/** Checks of options that several public functions take: the extension, and rows of tables. */
import { check, checkKeys, type Keys } from "@ropewalk/check";
import type { ContextExtension } from "@ropewalk/context-extension";
import type { TableRows } from "../recognise/rotation/table-rows.ts";

const extensionKeys: Keys<ContextExtension> = { positions: true, rope: true, entropy: true };

/** @throws TypeError when it is no extension but a constructor that was not called, a mapping, or a list */
export const checkExtension = (where: string, extension: ContextExtension): void => {
  if (typeof extension === "function")
    check(
      false,
      `${where}: extension must be what the constructor gives (call it with its numbers)`,
      extension,
      "object",
    );
  checkKeys(where, "extension", extension, extensionKeys, { kind: "compose, or a constructor of @ropewalk/decoder," });
};

const rowKeys: Keys<TableRows> = { tensor: true, row: true, location: true, offset: true, length: true, bytes: true };

export const checkTables = (where: string, tables: readonly TableRows[] | undefined): void => {
  check(tables === undefined || Array.isArray(tables), `${where}: tables must be a list`, tables, "object");
  for (const rows of tables ?? []) {
    checkKeys(where, "tables", rows, rowKeys);
    check(rows.bytes instanceof Uint8Array, `${where}: tables must have bytes, a Uint8Array`, rows.bytes, "object");
  }
};
