"""Others' images: which a stack runs, by which tag and digest, and where its machines pull them."""
