ALTER TABLE "sessions" ADD COLUMN "source_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "frames_translated" integer;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "frames_dropped" integer;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_source_id_images_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."images"("id") ON DELETE no action ON UPDATE no action;