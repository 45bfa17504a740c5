// Archetype memoise-process: a file that ships with the program is read once, whoever asks first.
import { readFileSync } from "node:fs";

export interface CatalogEntry {
  id: string;
  provider: string;
}

let catalog: CatalogEntry[] | undefined;

/** The bundled catalogue of models. */
export function modelCatalog(): CatalogEntry[] {
  catalog ??= loadCatalog();
  return catalog;
}

function loadCatalog(): CatalogEntry[] {
  const url = new URL("../../models.json", import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")); // $ sink=blocking.filesystem discharged
}
