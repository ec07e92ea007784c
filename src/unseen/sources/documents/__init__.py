"""Documents: the pictures, attachments and drawn pages of PDF files, and the streams of OLE compound files."""
