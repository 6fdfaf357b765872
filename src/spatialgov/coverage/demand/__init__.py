"""What cameras should see, each kind apart: public ground, roads, key places, where people live, incidents."""
