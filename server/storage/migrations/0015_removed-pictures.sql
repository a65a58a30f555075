ALTER TABLE "blob_candidates" ADD COLUMN "awaits_row" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "blob_candidates" ADD COLUMN "removed_at" timestamp (3) with time zone;