"""Images, from archives and layouts: read as they stream by, never run and never unpacked."""
