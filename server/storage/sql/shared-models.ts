import { and, asc, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { SharedModel, StoredFile } from "../../records/shared-model.js";
import type { SharedModelStore } from "../fleet.js";
import { type Database, written } from "./database.js";
import { modelTrials, sharedModels } from "./schema.js";
import { verdictOf } from "./trials.js";

/** Where the files of shared models are. */
export interface ModelFiles extends Pick<SharedModelStore, "put" | "read"> {
  /** Called in the transaction in which a model begins to name files. @throws StorageUnavailable when they were deleted meanwhile */
  require(files: readonly StoredFile[], transaction: Database): Promise<void>;
  /** Called in the transaction in which a model no longer names files. */
  release(files: readonly StoredFile[], transaction: Database): Promise<void>;
}

const now = sql`clock_timestamp()`;

/** Shared models as rows; the adapter keeps the files. */
export function sqlSharedModels(database: Database, files: ModelFiles): SharedModelStore {
  return {
    async list({ device, engine }) {
      const isOfKind = and(eq(modelTrials.device, device), eq(modelTrials.engine, engine));
      const isOfModel = and(eq(modelTrials.sha256, sharedModels.fileSha256), eq(modelTrials.cardSha256, sharedModels.cardSha256));
      const rows = await database
        .select({ model: sharedModels, trial: modelTrials })
        .from(sharedModels)
        .leftJoin(modelTrials, and(isOfModel, isOfKind))
        .orderBy(asc(sharedModels.id));
      return rows.map(({ model, trial }) => ({
        ...modelOf(model),
        removed: model.removedAt !== null,
        verdict: trial && verdictOf(trial),
      }));
    },

    put: files.put,
    read: files.read,

    add: (model) =>
      database.transaction(async (transaction) => {
        const [before] = await transaction.select().from(sharedModels).where(eq(sharedModels.id, model.id)).for("update");
        await files.require(filesOf(model), transaction);
        const row = { ...rowOf(model), addedAt: now, removedAt: null };
        const [added] = await written(
          transaction
            .insert(sharedModels)
            .values({ id: model.id, ...row })
            .onConflictDoUpdate({
              target: sharedModels.id,
              set: row,
              setWhere: or(eq(sharedModels.origin, model.origin), sql`${sharedModels.removedAt} is not null`),
            })
            .returning(),
        );
        if (!added) {
          const [kept] = await transaction.select().from(sharedModels).where(eq(sharedModels.id, model.id));
          return kept ? modelOf(kept) : model;
        }
        if (before && before.removedAt === null) await files.release(filesOf(modelOf(before)), transaction);
        return modelOf(added);
      }),

    remove: (id, origin) =>
      database.transaction(async (transaction) => {
        const isTheirs = and(eq(sharedModels.id, id), eq(sharedModels.origin, origin), isNull(sharedModels.removedAt));
        const [removed] = await written(transaction.update(sharedModels).set({ removedAt: now }).where(isTheirs).returning());
        if (removed) await files.release(filesOf(modelOf(removed)), transaction);
        return removed !== undefined;
      }),
  };
}

/** Those among `digests` that models name. */
export async function modelFilesInUse(database: Database, digests: readonly string[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const named = or(inArray(sharedModels.fileSha256, [...digests]), inArray(sharedModels.cardSha256, [...digests]));
  const rows = await database
    .select({ file: sharedModels.fileSha256, card: sharedModels.cardSha256 })
    .from(sharedModels)
    .where(and(isNull(sharedModels.removedAt), named));
  return new Set(rows.flatMap(({ file, card }) => [file, card]));
}

type Row = typeof sharedModels.$inferSelect;

function modelOf({ id, fileSha256, fileBytes, cardSha256, cardBytes, origin, machine }: Row): SharedModel {
  return { id, file: { sha256: fileSha256, bytes: fileBytes }, card: { sha256: cardSha256, bytes: cardBytes }, origin, machine };
}

function rowOf({ file, card, origin, machine }: SharedModel): Omit<Row, "id" | "addedAt" | "removedAt"> {
  return { fileSha256: file.sha256, fileBytes: file.bytes, cardSha256: card.sha256, cardBytes: card.bytes, origin, machine };
}

function filesOf({ file, card }: SharedModel): StoredFile[] {
  return [file, card];
}
