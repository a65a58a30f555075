import type { Metadata } from "next";
import { AdminRoom } from "../../rooms/admin/admin-room";
import { accessTexts } from "../../texts/access";

export const metadata: Metadata = accessTexts.admin.page;

export default function AdminPage() {
  return <AdminRoom />;
}
