/** Recognizes a file among the notebooks of a store: the rules of `protocol/identity/`, with the files of this machine. */
import { findAtPlace, findKin, isSameFile, isStillSame, type NotebookSighting } from "../../protocol";
import type { NotebookRecord } from "../store";
import { pathOfPlace, sightFile } from "./notebook-file";

/** The record of the notebook that the file is. */
export function recognize(
  sighting: NotebookSighting,
  records: readonly NotebookRecord[],
  base: string | undefined,
): NotebookRecord | undefined {
  const here = findAtPlace(sighting, records);
  if (here) return here;
  const kin = findKin(sighting, records);
  const same = kin.find(({ places }) => places.some((place) => isSameFile(place, sighting.place)));
  return same ?? (kin.some((each) => isStillThere(each, base)) ? undefined : kin[0]);
}

/** Whether the notebook's own file exists at a place that this machine can read: then a similar file is a copy. */
function isStillThere({ places, marks }: NotebookRecord, base: string | undefined): boolean {
  return places.some((place) => {
    const path = pathOfPlace(place, base);
    if (path === undefined) return false;
    const found = sightFile(path, base);
    return found.exists && isStillSame(found, place, marks);
  });
}
