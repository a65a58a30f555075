CREATE TABLE "ended_attempts" (
	"state" text PRIMARY KEY NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shared_keys" (
	"name" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blob_candidates" ADD COLUMN "awaits_row" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "blob_candidates" ADD COLUMN "removed_at" timestamp (3) with time zone;