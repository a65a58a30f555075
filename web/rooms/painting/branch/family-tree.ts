import type { FamilyMember } from "../../../graphql/operations";

/** A painting with its branches. */
export interface Branching extends FamilyMember {
  branches?: readonly Branching[];
}

/** A painting's place in its family. */
export interface Place {
  member: FamilyMember;
  /** 0 for the origin. */
  generation: number;
  /** "1.2" for the second branch of the first branch; empty for the origin. */
  number: string;
}

/** A chain of parents, nearest first. */
export interface Ancestry {
  id: string;
  parent?: Ancestry | null;
}

/** The id at the end of a chain of parents; null for an empty chain. */
export function originOf(parent: Ancestry | null | undefined): string | null {
  let at = parent ?? null;
  while (at?.parent) at = at.parent;
  return at?.id ?? null;
}

/** A family in depth-first order: each painting, followed by its branches. */
export function places(member: Branching, generation = 0, number = ""): Place[] {
  const below = (member.branches ?? []).flatMap((branch, at) =>
    places(branch, generation + 1, number === "" ? String(at + 1) : `${number}.${at + 1}`),
  );
  return [{ member, generation, number }, ...below];
}
