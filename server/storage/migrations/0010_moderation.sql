ALTER TABLE "images" ADD COLUMN "visibility" text DEFAULT 'PRIVATE' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "approval" text;--> statement-breakpoint
CREATE INDEX "sessions_pending" ON "sessions" USING btree ("created_at","ordinal") WHERE "sessions"."approval" = 'PENDING';