"""What lies beside the pixels of a picture: thumbnails in its metadata, previews, further pictures, and trailers."""
